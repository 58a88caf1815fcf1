#!/usr/bin/env bash
# Evaluate a checkpoint on a Slurm cluster, one task per GPU.
#   tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of test.py]
# Set GPUS (4), GPUS_PER_NODE (GPUS, at most 8), CPUS_PER_TASK (8) and
# SRUN_ARGS (more options of srun) to change them. GPUS_PER_NODE=0 asks for no
# GPU and runs GPUS tasks on CPUs.
set -euo pipefail
if [ $# -lt 4 ]; then
    sed -n '2,6s/^# *//p' "$0" >&2
    exit 2
fi
gpus="${GPUS:-4}"
per_node="${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}"
resources=(--ntasks="$gpus" --cpus-per-task="${CPUS_PER_TASK:-8}")
if [ "$per_node" -gt 0 ]; then
    resources+=(--gres="gpu:$per_node" --ntasks-per-node="$per_node")
fi
# SRUN_ARGS are several words.
# shellcheck disable=SC2086
exec srun --partition="$1" --job-name="$2" "${resources[@]}" \
    --kill-on-bad-exit=1 ${SRUN_ARGS:-} "${PYTHON:-python}" -u \
    "$(dirname "$0")/test.py" "$3" "$4" --launcher slurm "${@:5}"
