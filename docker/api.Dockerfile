# The API and its page: a packaged model behind HTTP. No torch, no shell tools of its own, nobody's root.
#
#   docker build -f docker/api.Dockerfile -t bert-benchmark-api .
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -e APP_API_KEY=... \
#       -v ./registry:/registry:ro -v ./served:/served bert-benchmark-api
#
# Packages come from the index that pip is set up to use: --build-arg PIP_INDEX_URL=... where it is not the usual one.
FROM python:3.11-slim AS build
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY Pipfile.lock docker/requirements.py ./
RUN python requirements.py Pipfile.lock serve > requirements.txt \
    && python -m venv /venv \
    && /venv/bin/python -m pip install --require-hashes --requirement requirements.txt

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv
COPY --from=build /venv /venv
COPY app.py ./
COPY app ./app
USER 10001:10001
EXPOSE 8000
VOLUME ["/registry", "/served"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["/venv/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["/venv/bin/python", "app.py", "serve", "--host", "0.0.0.0", "--port", "8000", \
    "--registry", "/registry", "--served", "/served"]
CMD ["--model", "champion"]
