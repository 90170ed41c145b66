#!/usr/bin/env bash
# In place of ssh: the host 10.77.0.N is the namespace resmirror-(N - 1) of this machine.
host=$1
shift
exec ip netns exec "resmirror-$((${host##*.} - 1))" bash -c "$*"
