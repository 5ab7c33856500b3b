#!/bin/sh
# Makes the pictures of docs/gallery/prompts.txt with the model in the box, with default settings.
# Needs a built wurstchen.jar (the README's first command). usage: sh docs/gallery/make.sh
set -eu
cd "$(dirname "$0")/../.."
seed=0
while IFS= read -r prompt; do
  case $prompt in "#"*) continue ;; esac
  seed=$((seed + 1))
  java -jar wurstchen-examples/target/wurstchen.jar generate "$prompt" --seed "$seed" \
    --out "$(printf 'docs/gallery/%02d.png' "$seed")" < /dev/null
done < docs/gallery/prompts.txt
