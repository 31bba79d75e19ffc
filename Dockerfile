# The service in a container. `scripts/try_image.py` runs these lines without Docker in `make test`.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.base.json LICENSE ./
COPY server/package.json server/package.json
RUN npm ci --prefer-offline --ignore-scripts --no-audit --no-fund
COPY server/tsconfig.json server/tsconfig.build.json server/
COPY server/src server/src
COPY scripts/assemble scripts/assemble
RUN scripts/assemble /opt/nbexchange

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="nbexchange" \
      org.opencontainers.image.description="HTTP service that carries nbgrader assignments between instructors and students" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.opencontainers.image.version="${VERSION}"
ENV NODE_ENV=production \
    NBEX_HOST=0.0.0.0 \
    NBEX_BASE_STORAGE_LOCATION=/srv/nbexchange/storage
COPY --from=build /opt/nbexchange /opt/nbexchange
RUN mkdir -p /srv/nbexchange && chown 1000:1000 /srv/nbexchange
WORKDIR /srv/nbexchange
# The only place that is written to, and only where files or SQLite are kept there; the rest may be read-only.
VOLUME /srv/nbexchange
USER 1000:1000
EXPOSE 9000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.NBEX_PORT || 9000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Its first line gives Node its flags. No shell stays between: signals reach the service itself, which finishes what is in flight.
ENTRYPOINT ["/opt/nbexchange/server/dist/main.js"]
CMD ["serve"]
