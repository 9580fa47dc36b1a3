# The whole project: benchmarks, reports, packages, monitor and lifecycle. CPU; for a GPU see docs/deploy.md.
#
#   docker build -f docker/train.Dockerfile -t bert-benchmark .
#   docker run -v ./reports:/srv/reports -v ./registry:/srv/registry bert-benchmark --config config/quickstart.yaml
FROM python:3.11-slim
ARG PIP_INDEX_URL
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY Makefile Pipfile Pipfile.lock pyproject.toml app.py ./
COPY app ./app
COPY config ./config
COPY notebooks ./notebooks
RUN make setup && mkdir -p reports registry served lifecycle .cache && chown 10001:10001 . reports registry served lifecycle .cache
USER 10001:10001
ENV HOME=/srv/.cache PYTHONUNBUFFERED=1
ENTRYPOINT [".venv/bin/python", "app.py"]
CMD ["--help"]
