#!/bin/sh
# Writes the assembler kernels.
set -e
cd "$(dirname "$0")/gen"
go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg keccakf1600
