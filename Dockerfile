# syntax=docker/dockerfile:1
# One image for everything that runs: gateway, domains, development issuer, demo data. The command says which.
#   docker build -t polyseme . && docker run --rm polyseme --help

ARG NODE_IMAGE=node:26-bookworm-slim

# What runs: production dependencies only, none of their install scripts.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY shared/package.json shared/
COPY gateway/package.json gateway/
COPY subgraphs/billing/package.json subgraphs/billing/
COPY subgraphs/demo-data/package.json subgraphs/demo-data/
COPY subgraphs/lexicon/package.json subgraphs/lexicon/
COPY subgraphs/marketing/package.json subgraphs/marketing/
COPY subgraphs/sales/package.json subgraphs/sales/
COPY subgraphs/support/package.json subgraphs/support/
RUN npm ci --omit=dev --ignore-scripts && mkdir -p shared/node_modules gateway/node_modules

# The console, bundled; nothing else of this stage is kept.
FROM dependencies AS console
RUN npm ci --ignore-scripts
COPY gateway/console gateway/console
RUN node gateway/console/build.ts

FROM ${NODE_IMAGE} AS polyseme
ENV NODE_ENV=production APOLLO_TELEMETRY_DISABLED=1
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/shared/node_modules shared/node_modules
COPY --from=dependencies /app/gateway/node_modules gateway/node_modules
COPY package.json LICENSE NOTICE ./
COPY shared shared
COPY gateway gateway
COPY subgraphs subgraphs
COPY deploy deploy
COPY --from=console /app/gateway/console/dist gateway/console/dist
# A named volume takes its owner from the image.
RUN mkdir -p /data /keys && chown node:node /data /keys
USER node
VOLUME ["/data", "/keys"]
EXPOSE 4000
ENTRYPOINT ["node", "gateway/cli/polyseme.mjs"]
CMD ["serve", "--config", "deploy/mesh.yaml"]
