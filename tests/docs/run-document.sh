#!/usr/bin/env bash
# run-document.sh DOCUMENT WORK_DIR: runs the code blocks of a Markdown file that are marked for it, in order, in
# WORK_DIR beside the models and data of make-samples.sh. Exits with 1 as soon as one does not do what it should.
#
#   <!-- test: NAME [training] [exact] [status N] -->     in the line before ```console, ```sh or ```cpp
#
#   training   needs transkimmer-train; passed over in builds without it
#   exact      console only: the commands must print exactly what the block shows, errors included
#   status N   the last command exits with N instead of 0
#
# console: lines that begin with "$ " are commands, continued where they end in a backslash; the rest is their output.
# sh: everything is commands. cpp: a source file, which must compile.
# Environment: PROGRAMS (folder of transkimmer), WRITE_TINY_MODEL, TRAINING (1 or 0), CXX, INCLUDE.
set -euo pipefail
document=$1 work_dir=$2

fail() {
  printf '%s: %s\n' "$document" "$1" >&2
  exit 1
}

# One folder per marked block: options, language, content.
extract() {
  local options='' language='' number=0 folder='' line
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ -n $folder ]]; then
      if [[ $line == '```' ]]; then
        folder='' options=''
      else
        printf '%s\n' "$line" >>"$folder/content"
      fi
    elif [[ -n $options ]]; then
      language=${line#'```'}
      [[ $line == '```'* && $language =~ ^(console|sh|cpp)$ ]] ||
        fail "'$options' is not followed by a block of console, sh or cpp but by '$line'"
      number=$((number + 1))
      folder=$(printf '%s/blocks/%03d' "$work_dir" "$number")
      mkdir "$folder"
      printf '%s\n' "$language" >"$folder/language"
      printf '%s\n' "$options" >"$folder/options"
      : >"$folder/content"
    elif [[ $line == '<!-- test: '*' -->' ]]; then
      options=${line#'<!-- test: '}
      options=${options%' -->'}
    fi
  done <"$document"
  [[ -z $folder && -z $options ]] || fail "the last marked block does not end"
}

# Splits a console block into the file of commands and the file of expected output.
split_console() {
  awk -v commands="$1/commands" -v expected="$1/expected" '
    BEGIN { printf "" >commands; printf "" >expected }
    continued { print >commands; continued = /\\$/; next }
    /^\$ / { $0 = substr($0, 3); print >commands; continued = /\\$/; next }
    { print >expected }' "$1/content"
}

run_block() {
  local folder=$1 language options name expected_status=0 status=0
  language=$(<"$folder/language") options=$(<"$folder/options")
  name=${options%% *}
  if [[ " $options " == *' training '* && $TRAINING != 1 ]]; then
    echo "-- $name: passed over, this build has no transkimmer-train"
    return
  fi
  [[ ! $options =~ status\ ([0-9]+) ]] || expected_status=${BASH_REMATCH[1]}
  echo "-- $name"
  if [[ $language == cpp ]]; then
    "$CXX" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I "$INCLUDE" -x c++ "$folder/content" ||
      fail "block '$name' does not compile"
    return
  fi
  if [[ $language == console ]]; then split_console "$folder"; else cp "$folder/content" "$folder/commands"; fi
  (cd "$work_dir/samples" && PATH=$PROGRAMS:$PATH bash -eu -o pipefail "$folder/commands") \
    </dev/null >"$folder/output" 2>&1 || status=$?
  if [[ $status -ne $expected_status ]]; then
    cat "$folder/output" >&2
    fail "block '$name' ended with status $status, expected $expected_status"
  fi
  if [[ " $options " == *' exact '* ]] && ! diff -u "$folder/expected" "$folder/output" >&2; then
    fail "block '$name' prints something else than it shows"
  fi
}

rm -rf "$work_dir"
mkdir -p "$work_dir/blocks" "$work_dir/samples"
extract
samples=$(cd "$(dirname "$0")" && pwd)/make-samples.sh
(cd "$work_dir/samples" && "$samples" "$WRITE_TINY_MODEL")
for folder in "$work_dir"/blocks/*/; do
  [[ -d $folder ]] || continue
  run_block "${folder%/}"
done
