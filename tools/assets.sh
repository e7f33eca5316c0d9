#!/bin/sh
# Refreshes what static/vendor and static/icons.svg hold of other people's work, and their licences. Building needs none
# of this: the files are committed. Each package is pinned by version and by the hash of its archive.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch NAME VERSION SHA512 DIRECTORY: unpacks a package whose archive has that hash (base64), or stops.
fetch() {
	file=$(cd "$work" && npm pack --silent "$1@$2")
	got=$(openssl dgst -sha512 -binary "$work/$file" | base64 -w0)
	if [ "$got" != "$3" ]; then
		echo "assets: $1@$2 is not the archive that was reviewed: sha512-$got" >&2
		exit 1
	fi
	mkdir -p "$work/$4"
	tar -xzf "$work/$file" -C "$work/$4" --strip-components=1
}

fetch htmx.org 4.0.1 'oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==' htmx
fetch @fontsource-variable/inter 5.3.0 'OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==' inter
fetch @fontsource/ibm-plex-mono 5.3.0 'eTgnZjZEGk1QtD3ZstF+Vclo2HLAni8YMy34/DxllwZvyz1lR/1RF/xTiAquOBO7MvqBx8D2Ig2WCPMVfdZu7Q==' plex
fetch lucide-static 1.62.0 'WBZA/m2PvkFpMGHDtsBck5P2A9G4ehLlYu4GwwICcmEm1BvYVgj00lCDxKRWLlbMlOibLaiwdQ88G5pHkSWgwA==' lucide
fetch axe-core 4.14.1 'FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==' axe

vendor=static/vendor
mkdir -p "$vendor/LICENSES" views/testdata/axe
cp "$work/htmx/dist/htmx.min.js" "$vendor/"
for subset in latin cyrillic; do
	cp "$work/inter/files/inter-$subset-wght-normal.woff2" "$vendor/inter-$subset.woff2"
	cp "$work/plex/files/ibm-plex-mono-$subset-400-normal.woff2" "$vendor/plex-mono-$subset.woff2"
done
cp "$work/htmx/LICENSE" "$vendor/LICENSES/htmx.txt"
cp "$work/inter/LICENSE" "$vendor/LICENSES/inter.txt"
cp "$work/plex/LICENSE" "$vendor/LICENSES/ibm-plex-mono.txt"
cp "$work/lucide/LICENSE" "$vendor/LICENSES/lucide.txt"
cp "$work/axe/axe.min.js" "$work/axe/LICENSE" "$work/axe/LICENSE-3RD-PARTY.txt" views/testdata/axe/ # for tests alone: MPL-2.0

# The sprite has the icons that pages use, and no others.
{
	echo '<svg xmlns="http://www.w3.org/2000/svg">'
	grep -rhoE '(Icon\(|Icon: +|icon = |return )"[a-z-]+"' views --include='*.templ' --include='icons.go' |
		grep -oE '"[a-z-]+"' | tr -d '"' | sort -u | while read -r name; do
		svg="$work/lucide/icons/$name.svg"
		[ -f "$svg" ] || continue
		printf '<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">' "$name"
		sed -n '/<path\|<circle\|<rect\|<line\|<poly\|<ellipse/p' "$svg" | sed 's/^ *//' | tr -d '\n'
		echo '</symbol>'
	done
	echo '</svg>'
} >static/icons.svg
