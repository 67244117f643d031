#!/usr/bin/env bash
# What the tests need beside Python: a browser, a database server, PDF tools, a word processor, nginx, Node
# for Lighthouse, and PDFBox. The product itself needs none of them.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx-light)
# Apache PDFBox Preflight, which reads our PDFs as an archive would.
command -v java >/dev/null || missing+=(default-jre-headless)
for package in libpdfbox2-java libactivation-java libjaxb-api-java; do
  case $package in
    libpdfbox2-java) jar=preflight ;;
    libactivation-java) jar=javax.activation ;;
    libjaxb-api-java) jar=jaxb-api ;;
  esac
  [ -e "/usr/share/java/$jar.jar" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "Pasang dahulu dengan pengelola paket sistem ini: ${missing[*]}" >&2
  exit 1
fi
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
echo "Memasang paket sistem untuk pengujian: ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# A Debian cluster of its own is not wanted: the tests start a throw-away one.
$as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
