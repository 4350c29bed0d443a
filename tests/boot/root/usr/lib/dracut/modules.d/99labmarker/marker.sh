#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What there is just before the root file system is mounted.
cp /proc/swaps /run/marker.swaps
cp /proc/mounts /run/marker.mounts
