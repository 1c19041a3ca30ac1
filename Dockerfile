# The image of the API: it serves by default, and `graphql-api db upgrade` in it migrates.

FROM python:3.13-slim-trixie AS builder
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /srv
COPY requirements.lock pyproject.toml ./
# uv itself comes from the lock; the lock's other layer is made anew only when the lock changes
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.lock > /tmp/uv.txt \
    && pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/uv.txt \
    && uv venv .venv \
    && uv pip install --require-hashes --constraint requirements.lock --requirement pyproject.toml
COPY README.md LICENSE ./
COPY migrations migrations
COPY graphql_api graphql_api
# editable: the migrations and their configuration lie beside the package, here as in a clone
RUN uv pip install --offline --no-deps --editable . \
    && python -m compileall -q graphql_api migrations

FROM python:3.13-slim-trixie
ENV PATH=/srv/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv
COPY --from=builder /srv /srv
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["graphql-api", "serve", "--host", "0.0.0.0"]
