# Everything is built in the first stage; what runs holds no compiler, no pip cache and no source.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /opt/tuntas \
 && /opt/tuntas/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/base.txt
COPY pyproject.toml README.md LICENSE ./
COPY tuntas tuntas
RUN /opt/tuntas/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .
# What never runs goes: the installers, and the libraries' words in languages Tuntas does not speak.
COPY deploy/trim.sh trim.sh
RUN sh trim.sh /opt/tuntas

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --no-create-home tuntas \
 && install -d -o tuntas -g tuntas -m 0700 /data
COPY --from=build /opt/tuntas /opt/tuntas
ENV PATH=/opt/tuntas/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    TUNTAS_DATA=/data
USER tuntas
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["tuntas"]
CMD ["serve", "--host", "0.0.0.0"]
