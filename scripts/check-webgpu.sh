#!/usr/bin/env bash
# Checks what computes on WebGPU, which `npm test` leaves out: the backends `webgpu` and `onnxruntime:webgpu` against cpu,
# and a pipeline on each. Installs the two packages that a user would, into a folder of its own; needs a Vulkan, Metal or
# Direct3D 12 driver. Without a GPU, on Debian: apt-get install mesa-vulkan-drivers (computes in software, two minutes).
set -euo pipefail
cd "$(dirname "$0")/.."

npm run build
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
tfjs=$(node -p 'require("@tensorflow/tfjs/package.json").version')
npm install --prefix "$project" --no-audit --no-fund --loglevel=error webgpu "@tensorflow/tfjs-backend-webgpu@$tfjs"
WEBGPU_PACKAGES=$project node --import tsx --test test/webgpu.check.ts
