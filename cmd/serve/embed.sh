#!/bin/sh
# Writes C with the files of the page as arrays of bytes: embed.sh FOLDER >page_files.c
set -eu
cd "$1"
echo '#include "cmd/serve/page.h"'
for name in html css js; do
    echo "static const unsigned char page_$name[] = {"
    od -An -v -tx1 "page.$name" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '};'
done
cat <<'END'
const PageFile PAGE_FILES[] = {{"/", "text/html; charset=utf-8", page_html, sizeof page_html},
                               {"/page.css", "text/css; charset=utf-8", page_css, sizeof page_css},
                               {"/page.js", "text/javascript; charset=utf-8", page_js, sizeof page_js},
                               {NULL, NULL, NULL, 0}};
END
