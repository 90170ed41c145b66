#!/usr/bin/env bash
# Trains on the machines of a host file, which this one reaches by ssh without a password:
#   HOSTS=examples/cluster/hosts bash examples/cluster/mpirun.sh classify /data/photos --net resnet50 --size 224 --batch 256
# Options are those of 'resmirror train'; started again with the same RUN, it goes on from the last checkpoint.
set -euo pipefail
HOSTS=${HOSTS:-$(dirname "$0")/hosts}
RUN=${RUN:-runs/cluster}
MPIRUN=${MPIRUN:-mpirun}
RESMIRROR=${RESMIRROR:-resmirror}

if [[ -e $RUN/config.json ]]; then work=(--resume "$RUN"); else work=("$@" --out "$RUN"); fi
# one process for each slot; each takes its part of the machine's cores
exec "$MPIRUN" --hostfile "$HOSTS" --bind-to none $RESMIRROR train "${work[@]}"
