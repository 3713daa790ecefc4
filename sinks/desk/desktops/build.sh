#!/usr/bin/env bash
# Bundles what the page of a contact says to desktops into ../static. Needs Node and npm; nothing of it stays here.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json amazon-connect.js genesys.js "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund >&2
node node_modules/esbuild/install.js
cd - >/dev/null
for name in amazon-connect genesys; do
  sum=$(cat package-lock.json "$name.js" | sha256sum | cut -c1-16)
  (cd "$work" && npx --no-install esbuild "$name.js" --bundle --format=esm --minify --target=es2022 --log-level=warning \
    --banner:js="/*! made by make desktops from sinks/desk/desktops $sum; licences in $name.LICENSE */") >"../static/$name.js"
  echo "static/$name.js" >&2
done
{
  echo "amazon-connect.js has @amazon-connect/app, @amazon-connect/contact, @amazon-connect/core and"
  echo "@amazon-connect/workspace-types in it, Copyright Amazon.com, Inc. or its affiliates, under the licence below."
  echo
  cat ../../../LICENSE
} >../static/amazon-connect.LICENSE
{
  echo "genesys.js has purecloud-client-app-sdk, genesys-cloud-service-discovery-web (MIT), query-string, split-on-first,"
  echo "strict-uri-encode, decode-uri-component and filter-obj in it."
  for package in purecloud-client-app-sdk query-string split-on-first strict-uri-encode decode-uri-component filter-obj; do
    echo
    echo "$package:"
    echo
    cat "$work/node_modules/$package/"[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*
  done
} >../static/genesys.LICENSE
