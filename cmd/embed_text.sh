#!/bin/sh
# Writes C with a text file as bytes that end in 0: embed_text.sh NAME FILE >NAME.c
set -eu
echo '#include "cmd/bundle.h"'
echo "const unsigned char $1[] = {"
od -An -v -tx1 "$2" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
echo '0};'
echo "const unsigned long $1_SIZE = sizeof $1 - 1;"
