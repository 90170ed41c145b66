#!/usr/bin/env bash
# Runs a command on two ranks that stand in two network namespaces, joined by a link of so many Mbit/s: two hosts on one machine.
# For root, on Linux, with Open MPI: bash bench/scaling/two-hosts.sh 1000 node bin/resmirror.js train …
set -euo pipefail
rate=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
names=(resmirror-0 resmirror-1)

leave() { for name in "${names[@]}"; do ip netns delete "$name" 2>/dev/null || true; done; }
trap leave EXIT
for i in 0 1; do
  ip netns add "${names[$i]}"
  ip -n "${names[$i]}" link set lo up
done
ip link add link0 netns "${names[0]}" type veth peer name link1 netns "${names[1]}"
for i in 0 1; do
  ip -n "${names[$i]}" address add "10.77.0.$((i + 1))/24" dev "link$i"
  ip -n "${names[$i]}" link set "link$i" up
  # a bucket that fills at the rate of the link; half a millisecond of it may go at once
  ip netns exec "${names[$i]}" tc qdisc add dev "link$i" root tbf rate "${rate}mbit" burst $((rate * 64)) latency 100ms
done

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec "${names[0]}" mpirun.openmpi -np 2 --host 10.77.0.1,10.77.0.2 --map-by node --bind-to none \
  --mca plm_rsh_agent "$here/enter.sh" --mca btl tcp,self --mca pml ob1 \
  --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 "$@"
