#!/bin/sh
# Makes every table of the study, and its text, of the scores in study.restage, in a new folder:
#     sh docs/study/again.sh path/to/new/folder
set -e
here=$(cd "$(dirname "$0")" && pwd)
restage="node $here/../../bin/restage.js"
mkdir -p "$1/pipelines"
cp "$here/study-docs-page.yaml" "$1/pipelines"
cd "$1"
$restage import "$here/study.restage" --trust 'mq5ptYEixgjPdSbbWAmKJ/b9RgT9B8n5bNwYEQ/q15I='
$restage import "$here/collapse.restage" --trust 'GM+7TNBS+ZoGjPdUYbEtip2m+Cc7E178vAAZpSpC104='
$restage import "$here/collapse-later.restage" --trust 'mq5ptYEixgjPdSbbWAmKJ/b9RgT9B8n5bNwYEQ/q15I='
$restage run study-docs-page.yaml --reporter plain
echo "The text is $1/artifacts/study-docs-page/text/document/study.md, and tables are beside it."
