#!/bin/bash
# systemd-box.sh DIR ROOT UNITS CGROUP [PATH...]
#
# Boots a real systemd as process 1 of namespaces of its own, on a view of ROOT, with its files, that is thrown away with
# it. DIR is an empty directory to work in, UNITS has units to install, CGROUP is an empty cgroup (v2) for it. Each PATH is
# a directory of this machine that is seen at the same place inside; /tmp and /run are fresh there. The network is a loopback
# of its own.
#
# This process becomes unshare(1), whose only child is the systemd. With it everything inside ends.
set -euo pipefail

if [[ $1 != inside ]]; then
	echo $BASHPID >"$4/cgroup.procs"
	exec unshare --net --fork --kill-child --pid --mount --uts --ipc --cgroup --propagation private bash "$0" inside "$@"
fi

dir=$2 lower=$3 units=$4
shift 5
root=$dir/root
mount -t tmpfs box "$dir"
mkdir "$dir"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" "$root"
ip link set lo up

rm -rf "$root"/etc/systemd/system/*.wants
: >"$root/etc/fstab"
ln -sf /dev/null "$root/etc/systemd/system/systemd-sysctl.service" # not all of these are a namespace's own
cp -r "$units"/. "$root/etc/systemd/system/"

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for n in null zero full random urandom tty; do
	touch "$root/dev/$n"
	mount --bind "/dev/$n" "$root/dev/$n"
done
mkdir "$root"/dev/{pts,shm,mqueue}
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/host"
for path; do
	mkdir -p "$root$path"
	mount --bind "$path" "$root$path"
done

cd "$root"
mkdir .old
pivot_root . .old
umount -l /.old
exec env -i container=box PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
	/lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=no --log-level=info
