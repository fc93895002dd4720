#!/bin/sh
# Put Fitloop into the desktop's menu for this user: scripts/desktop_entry.sh [--remove]
# Writes below $XDG_DATA_HOME (~/.local/share): an entry that starts run.sh of this folder, icons, the type .fitloop.
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
share=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$share/applications/fitloop.desktop
type=$share/mime/packages/fitloop.xml
large=$share/icons/hicolor/scalable/apps/fitloop.svg

tell() { # the desktop reads its lists anew where these programs are installed
    command -v update-desktop-database >/dev/null 2>&1 && update-desktop-database -q "$share/applications"
    command -v update-mime-database >/dev/null 2>&1 && update-mime-database "$share/mime"
    command -v gtk-update-icon-cache >/dev/null 2>&1 && gtk-update-icon-cache -qtf "$share/icons/hicolor" 2>/dev/null
    return 0
}

small() { printf '%s\n' "$share/icons/hicolor/$1x$1/apps/fitloop.svg"; }

if [ "$1" = --remove ]; then
    rm -f "$entry" "$type" "$large" "$(small 16)" "$(small 24)"
    tell
    echo "Removed from the menu: $entry"
    exit 0
fi
mkdir -p "$(dirname "$entry")" "$(dirname "$type")" "$(dirname "$large")" "$(dirname "$(small 16)")" \
    "$(dirname "$(small 24)")" || exit 1
# The desktop's quoting: a path in double quotes, its \ " ` $ escaped twice; then % is doubled.
quoted=$(printf '%s' "$root/run.sh" | sed -e 's/\\/&&&&/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g')
while IFS= read -r line; do
    case $line in
        Exec=*) printf 'Exec="%s" %%f\n' "$quoted" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$root/resources/application/fitloop.desktop" >"$entry" || exit 1
cp "$root/resources/application/fitloop-mime.xml" "$type" &&
    cp "$root/resources/application/fitloop.svg" "$large" &&
    cp "$root/resources/application/fitloop-small.svg" "$(small 16)" &&
    cp "$root/resources/application/fitloop-small.svg" "$(small 24)" || exit 1
tell
echo "In the menu now: $entry"
