#!/bin/bash
# Gatehouse on one event loop, as the other peers run one worker. See gatehouse.yaml.
. "$(dirname "$0")/common.sh"
sed "s/UPSTREAM_PORT/$UPSTREAM_PORT/" "$HERE/gatehouse.yaml" > gatehouse.yaml
rm -rf data
exec "$GATEHOUSE" serve --config gatehouse.yaml --data data --listen "127.0.0.1:$PORT" 2>/dev/null
