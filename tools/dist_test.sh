#!/usr/bin/env bash
# Evaluate a checkpoint in several processes, one per GPU (or on CPU cores).
#   tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of test.py]
# Several machines: set NNODES, NODE_RANK and MASTER_ADDR on each; and PORT, if
# 29500 is taken. On a single machine a free port is found without PORT.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n '2,5s/^# *//p' "$0" >&2
    exit 2
fi
if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    meet=(--standalone)
else
    meet=(
        --nnodes="${NNODES:-1}"
        --node_rank="${NODE_RANK:-0}"
        --master_addr="${MASTER_ADDR:-127.0.0.1}"
        --master_port="${PORT:-29500}"
    )
fi
exec "${PYTHON:-python}" -m torch.distributed.run "${meet[@]}" \
    --nproc_per_node="$3" \
    "$(dirname "$0")/test.py" "$1" "$2" --launcher pytorch "${@:4}"
