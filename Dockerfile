# jobspec in a container: docker build -t jobspec . && docker run --rm -v "$PWD:/work" jobspec plan
# The base image is pinned by its digest, and the dependencies by their hashes.
FROM python:3.12-bookworm@sha256:8c284a84bc273b858725193c1ea53192aa8cad6ca0ce3fd90b4abcfcd3cef915 AS build
COPY . /source
RUN python -m venv /opt/jobspec \
 && /opt/jobspec/bin/python -m pip install --no-cache-dir --require-hashes -r /source/.ci/runtime.lock \
 && /opt/jobspec/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation /source \
 && /opt/jobspec/bin/python -m compileall -q /opt/jobspec/lib

# The same base: it has Git, which `--since` runs.
FROM python:3.12-bookworm@sha256:8c284a84bc273b858725193c1ea53192aa8cad6ca0ce3fd90b4abcfcd3cef915
COPY --from=build /opt/jobspec /opt/jobspec
RUN useradd --create-home --uid 10001 jobspec
USER jobspec
WORKDIR /work
ENV PATH=/opt/jobspec/bin:$PATH
ENTRYPOINT ["jobspec"]
