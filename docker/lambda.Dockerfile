# The API as a function of AWS Lambda, with one version of a model in the image.
#
#   docker build -f docker/lambda.Dockerfile --build-arg MODEL=registry/quickstart/1 -t bert-benchmark-function .
FROM public.ecr.aws/lambda/python:3.11
ARG PIP_INDEX_URL
ARG MODEL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /var/task
COPY Pipfile.lock docker/requirements.py ./
RUN python requirements.py Pipfile.lock serve lambda > requirements.txt \
    && python -m pip install --require-hashes --requirement requirements.txt
COPY docker/function.py ./
COPY app ./app
COPY ${MODEL} ./model
USER 10001:10001
CMD ["function.handler"]
