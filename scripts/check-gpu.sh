#!/usr/bin/env bash
# What computes on a GPU, which `npm test` leaves out: `onnxruntime:cuda`, `onnxruntime:webgpu`, `webgpu` and `tensorflow`.
# Each that starts here is compared with the backend cpu, runs a pipeline, and is timed beside `onnxruntime` on the processor. For
# each of the others the script prints why it does not start, and what to install. Name backends to check only these.
#
#     scripts/check-gpu.sh [backend …]
#
# Installs the packages that a user would, into a folder of its own. WebGPU needs a driver for Vulkan, Metal or Direct3D 12
# (without a GPU, on Debian: apt-get install mesa-vulkan-drivers, which computes in software: add `--no-times`); CUDA needs
# CUDA 12, cuDNN 9 and `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`.
set -euo pipefail
cd "$(dirname "$0")/.."

times=yes
backends=()
for word in "$@"; do
  if [ "$word" = --no-times ]; then times=no; else backends+=("$word"); fi
done
[ ${#backends[@]} -gt 0 ] || backends=(onnxruntime:cuda onnxruntime:webgpu webgpu tensorflow)

npm run build
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
tfjs=$(node -p 'require("@tensorflow/tfjs/package.json").version')
install() { npm install --prefix "$project" --no-audit --no-fund --loglevel=error "$@"; }
for backend in "${backends[@]}"; do
  case $backend in
    webgpu) install webgpu "@tensorflow/tfjs-backend-webgpu@$tfjs" ;;
    tensorflow) install "@tensorflow/tfjs-node-gpu@$tfjs" || echo "@tensorflow/tfjs-node-gpu cannot be installed here" ;;
  esac
done
command -v nvidia-smi >/dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader

export GPU_PACKAGES=$project
failed=()
for backend in "${backends[@]}"; do
  printf '\n== %s\n' "$backend"
  status=0
  node --import tsx bench/backend/on-backend.ts "$backend" --start || status=$?
  if [ $status = 3 ]; then continue; fi # it does not start here; why has been printed
  if [ $status = 0 ]; then GPU_BACKEND=$backend node --import tsx --test test/gpu.check.ts || status=$?; fi
  if [ $status = 0 ] && [ $times = yes ]; then node --import tsx bench/backend/on-backend.ts "$backend" || status=$?; fi
  [ $status = 0 ] || failed+=("$backend")
done
[ ${#failed[@]} = 0 ] || { printf '\nfailed: %s\n' "${failed[*]}"; exit 1; }
