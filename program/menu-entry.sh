#!/bin/sh
# Puts the program into the menu of this user's desktop (Debian, UOS, Kylin): no rights needed.
#   ./menu-entry.sh            and again after the folder was moved
#   ./menu-entry.sh --remove
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
# The clerk's program, or the officer's: each has an entry of its own.
if [ -x "$here/基层工会填报" ]; then name=基层工会填报 file=gonghui-tianbao title=基层工会填报
else name=converter file=gonghui-tianbao-officer title='基层工会填报 上级工会版'; fi
entry=${XDG_DATA_HOME:-$HOME/.local/share}/applications/$file.desktop
if [ "${1:-}" = --remove ]; then
  rm -f "$entry"
  exit
fi
# In Exec's quotes four characters are escaped, a percent sign is doubled, and the value of a key
# takes backslashes for itself once more.
program=$(printf %s "$here/$name" | sed -e 's/[\\"`$]/\\&/g' -e 's/%/%%/g' -e 's/\\/\\\\/g')
icon=$(printf %s "$here/icon.svg" | sed 's/\\/\\\\/g')
mkdir -p "$(dirname "$entry")"
cat >"$entry" <<END
[Desktop Entry]
Type=Application
Version=1.0
Name=Trade union reports
Name[zh_CN]=$title
Comment=Check a report, make the package
Comment[zh_CN]=检查填报表，生成上报文件
Exec=env CONVERTER_OWN_WINDOW=1 "$program" %F
Icon=$icon
Terminal=true
Categories=Office;
StartupNotify=false
END
echo "$entry"
