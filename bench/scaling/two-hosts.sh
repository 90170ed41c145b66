#!/usr/bin/env bash
# Runs a command on two ranks that stand in two network namespaces, joined by a link of so many Mbit/s and so many milliseconds each way: two
# hosts on one machine. For root, on Linux, with Open MPI:
#   bash bench/scaling/two-hosts.sh 1000 1 node bin/resmirror.js train …
#   (echo 12; sleep 60) | bash bench/scaling/two-hosts.sh 1000 1 node build/bench/step.js resnet18 --batch 128 --threads 1
set -euo pipefail
rate=$1
delay=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
names=(resmirror-0 resmirror-1)
addresses=(10.77.0.1 10.77.0.2)
link=

leave() {
  if [[ -n $link ]]; then kill "$link" 2>/dev/null || true; fi
  for name in "${names[@]}"; do ip netns delete "$name" 2>/dev/null || true; done
}
trap leave EXIT

# a pair of interfaces, each of which sends at the rate of the link, after its delay; fails where the kernel has no netem
shaped_pair() {
  ip link add link0 netns "${names[0]}" type veth peer name link1 netns "${names[1]}"
  for i in 0 1; do
    ip -n "${names[$i]}" address add "${addresses[$i]}/24" dev "link$i"
    ip -n "${names[$i]}" link set "link$i" up
    if ! ip netns exec "${names[$i]}" tc qdisc add dev "link$i" root netem rate "${rate}mbit" delay "${delay}ms" limit 10000 2>/dev/null; then
      ip -n "${names[0]}" link delete link0
      return 1
    fi
  done
}

for name in "${names[@]}"; do
  ip netns add "$name"
  ip -n "$name" link set lo up
done
if ! shaped_pair; then
  echo 'the kernel has no netem: a program carries the packets' >&2
  exec {said}< <(exec python3 "$here/link.py" "$rate" "$delay" "${names[0]}" "${addresses[0]}" "${names[1]}" "${addresses[1]}")
  link=$!
  read -r -u "$said" _
fi

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec "${names[0]}" mpirun.openmpi -np 2 --host "${addresses[0]},${addresses[1]}" --map-by node --bind-to none \
  --mca plm_rsh_agent "$here/enter.sh" --mca btl tcp,self --mca pml ob1 \
  --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 "$@"
