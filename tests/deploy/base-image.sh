#!/bin/sh
# base-image.sh NAME: a minimal Debian 12 as an image for `docker build --build-arg BASE=NAME`, where no registry can be reached.
# As root, with debootstrap and docker or podman (ENGINE). Needs apt's own sources alone; about a minute.
set -eu

name=${1:?NAME of the image}
engine=${ENGINE:-$(command -v docker || command -v podman)}
folder=$(mktemp -d /var/tmp/wppmt-base.XXXXXX)
trap 'rm -rf "$folder"' EXIT

debootstrap --variant=minbase --include=ca-certificates bookworm "$folder/root" >&2
# Security updates come from where this machine takes its own.
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    cp /etc/apt/sources.list.d/debian.sources "$folder/root/etc/apt/sources.list.d/"
    rm -f "$folder/root/etc/apt/sources.list"
fi
rm -rf "$folder/root/var/cache/apt/archives"/*.deb "$folder/root/var/lib/apt/lists"/*
tar -C "$folder/root" -c . | "$engine" import - "$name" >&2
