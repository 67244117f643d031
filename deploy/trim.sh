#!/bin/sh
# Take out of an installed Tuntas what never runs: the installers, and the words of its libraries in
# languages other than Indonesian and English. Its own translations stay, and so do those an office adds.
# Use: trim.sh FOLDER-OF-THE-VIRTUAL-ENVIRONMENT
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)
"$1"/bin/python -m pip uninstall --yes --quiet setuptools pip
find "$packages"/babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'id*.dat' ! -name 'en*.dat' -delete
find "$packages"/django "$packages"/allauth -path '*/locale/*' -name 'django*.?o' \
  ! -path '*/locale/id/*' ! -path '*/locale/en/*' -delete
