#!/bin/sh
# Installs the packed package with each package manager into a folder of its own, makes a project
# there with `restage init`, and runs the README's first experiment at its smallest. The study is
# planned; STUDY=run runs it, too, at its smallest, which takes minutes. Prints one line for each:
#   npm pack && sh bench/installers.sh restage-0.2.0.tgz [folder for the projects] [name of a manager…]
# The managers come from the registry. Each installs into an empty cache, so seconds are those of a
# new machine; compare them in one run. "MB" is what the project's packages take.
set -u
tarball=$(realpath "$1")
folder=$(realpath "${2:-$(mktemp -d)}")
[ $# -ge 2 ] && shift
shift
all='npm10 npm11 npm11-global pnpm pnpm-global yarn1 yarn-node-modules yarn-pnp'
export ONNXRUNTIME_NODE_INSTALL=skip

# manager NAME PACKAGE: installs a manager once; its program is $folder/managers/NAME/node_modules/.bin/…
manager() {
  at=$folder/managers/$1
  [ -d "$at" ] || npm install --silent --no-audit --no-fund --prefix "$at" "$2" >"$folder/$1.manager.log" 2>&1
  PATH=$at/node_modules/.bin:$path
}

# install NAME: into the current folder, and sets `restage`, by which a user starts it.
install() {
  restage='npx --no-install restage'
  caches=$folder/$1.cache
  case $1 in
    npm10) manager npm10 npm@10 && npm install --cache "$caches" "$tarball" ;;
    npm11) manager npm11 npm@11 && npm install --cache "$caches" "$tarball" ;;
    npm11-global)
      restage=$PWD/prefix/bin/restage
      manager npm11 npm@11 && npm install --global --prefix "$PWD/prefix" --cache "$caches" "$tarball" ;;
    pnpm) restage='pnpm exec restage'
      manager pnpm pnpm@10 && pnpm add --store-dir "$caches" "$tarball" ;;
    pnpm-global)
      restage=$PWD/home/restage
      export PNPM_HOME=$PWD/home
      manager pnpm pnpm@10 && PATH=$PNPM_HOME:$PATH && pnpm add --global --store-dir "$caches" "$tarball" ;;
    yarn1) restage='yarn --silent restage'
      manager yarn1 yarn@1 && yarn add --cache-folder "$caches" "file:$tarball" ;;
    yarn-node-modules) yarn_berry node-modules ;;
    yarn-pnp) yarn_berry pnp ;;
  esac
}

yarn_berry() {
  restage='yarn restage'
  printf 'nodeLinker: %s\nenableGlobalCache: false\ncacheFolder: %s\nenableTelemetry: false\n' "$1" "$caches" >.yarnrc.yml
  printf '%s' "${npm_config_registry:+npmRegistryServer: $npm_config_registry
}" >>.yarnrc.yml
  touch yarn.lock
  manager yarn-berry @yarnpkg/cli-dist@4
  alias_yarn=$folder/managers/yarn-berry/yarn
  printf '#!/bin/sh\nexec node "%s" "$@"\n' "$folder/managers/yarn-berry/node_modules/@yarnpkg/cli-dist/bin/yarn.js" >"$alias_yarn"
  chmod +x "$alias_yarn"
  PATH=$folder/managers/yarn-berry:$PATH
  yarn add "restage@file:$tarball"
}

# small: prints the README's first experiment at its smallest, which takes seconds.
small() {
  cat <<'EOF'
extends: npm:restage/experiments/simple-net-fakes.yaml
params: { imageSize: 64, epochs: 1, count: { train: 24, val: 12, test: 12 } }
EOF
}

# study: prints the shipped study at its smallest, as in test/support/study-project.ts.
study() {
  cat <<'EOF'
extends: npm:restage/study.yaml
params:
  count: { train: 16, val: 8, test: 8 }
  size: 64
  imageSize: 56
  epochs: 2
  seeds: [1, 2]
  xception: { imageSize: 71, epochs: 1, seeds: [1] }
  xceptionFakes: { imageSize: 71, epochs: 1, seeds: [1] }
  transfer: { imageSize: 48, epochs: 1 }
  myNet: { imageSize: 154, epochs: 1 }
  smallNet: { imageSize: 32, epochs: 1 }
  faithful: { images: 4, curveSteps: 4 }
  methods: { count: { train: 16, val: 8, test: 8 }, size: 32, epochs: 1, warmUp: 1 }
EOF
}

path=$PATH
for name in ${*:-$all}; do
  project=$folder/$name
  rm -rf "$project" "$folder/$name.cache"
  mkdir -p "$project"
  cd "$project" || exit 1
  echo '{ "name": "project", "private": true }' >package.json
  (
    began=$(date +%s)
    install "$name" >"$folder/$name.log" 2>&1 || { echo "$name: does not install, see $folder/$name.log"; exit; }
    ended=$(date +%s)
    size=$(du -sm . | cut -f1)
    $restage init >>"$folder/$name.log" 2>&1 &&
      $restage doctor --slim >>"$folder/$name.log" 2>&1 &&
      $restage plan first.yaml >>"$folder/$name.log" 2>&1 &&
      small >pipelines/small.yaml &&
      $restage run small.yaml >>"$folder/$name.log" 2>&1 &&
      study >pipelines/small-study.yaml &&
      $restage ${STUDY:-plan} small-study.yaml >>"$folder/$name.log" 2>&1 &&
      works=works || works="does not work, see $folder/$name.log"
    echo "$name: $works; installed in $((ended - began)) s, $size MB"
  )
done
