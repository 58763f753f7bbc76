/** The programs that user data brings to a Linux machine. They are fixed texts: everything of a person or station reaches them as an argument or a file. */

/** `account NAME UID GID FULL-NAME [GID GROUP]...`: makes the account with the directory's numbers, whatever the image has already. */
export const accountScript = `#!/bin/sh
set -eu
name=$1 uid=$2 gid=$3 full_name=$4
shift 4

fail() {
  echo "heps-desktop failed: $1" > /dev/console
  exit 1
}

# Numbers decide: a group that the image has under that number is taken as it is, unless it is one of the system's own.
ensure_group() {
  existing=$(getent group "$1" | cut -d: -f1)
  if [ -n "$existing" ]; then
    [ "$existing" = "$2" ] || [ "$1" -ge 1000 ]
    return
  fi
  if getent group "$2" > /dev/null; then groupadd --gid "$1" "heps-$1"; else groupadd --gid "$1" "$2"; fi
}

owner=$(getent passwd "$uid" | cut -d: -f1)
if [ -n "$owner" ] && [ "$owner" != "$name" ]; then
  [ "$uid" -ge 1000 ] || fail "uid $uid is the image's own account $owner"
  free=60000
  while getent passwd "$free" > /dev/null; do free=$((free - 1)); done
  usermod --uid "$free" "$owner" || fail "account $owner of the image holds uid $uid"
fi

ensure_group "$gid" "$name" || fail "gid $gid is the image's own group"
if getent passwd "$name" > /dev/null; then
  [ "$(id -u "$name")" -ge 1000 ] || fail "$name is the image's own account"
  usermod --uid "$uid" --gid "$gid" --comment "$full_name" "$name"
  usermod --lock "$name"
else
  # With home folders on the storage it may be there already, with files in it.
  useradd --uid "$uid" --gid "$gid" --comment "$full_name" --create-home --shell /bin/bash "$name"
fi

while [ $# -ge 2 ]; do
  if ensure_group "$1" "$2"; then
    usermod --append --groups "$(getent group "$1" | cut -d: -f1)" "$name"
  else
    echo "heps-desktop: gid $1 is the image's own group, left out" > /dev/console
  fi
  shift 2
done
# Devices of the machine, for cards.
for group in video render; do
  if getent group "$group" > /dev/null; then usermod --append --groups "$group" "$name"; fi
done
chown "$name:" /etc/heps/vnc-password
`;

/** `storage`: adds `/etc/heps/fstab` to `/etc/fstab`, and mounts; a file server that is away holds the desktop up for half a minute. */
export const storageScript = `#!/bin/sh
set -eu
grep -q '^# heps-desktop$' /etc/fstab || { echo '# heps-desktop'; cat /etc/heps/fstab; } >> /etc/fstab
while read -r _ target _; do mkdir -p "$(printf '%b' "$target")"; done < /etc/heps/fstab
systemctl daemon-reload
timeout 30 mount --all --fork --test-opts _netdev || echo 'heps-desktop: some storage does not answer' > /dev/console
`;

/**
 * `files`: tells the SSH server, where the image has one, whose certificates let a person move her files. First in its configuration, since
 * there the first word counts, and what follows a `Match` is of that alone.
 */
export const filesScript = `#!/bin/sh
set -eu
config=/etc/ssh/sshd_config
if [ ! -e "$config" ]; then
  echo 'heps-desktop: no SSH server, files are not moved' > /dev/console
  exit 0
fi
trust='TrustedUserCAKeys /etc/heps/ssh-authority.pub'
grep -q "^$trust$" "$config" || sed -i "1i $trust" "$config"
for service in ssh sshd; do
  if systemctl -q is-enabled "$service.service" 2> /dev/null; then systemctl try-restart "$service.service"; fi
done
`;

/** `can-stream`: whether the image has what the streamer needs. */
export const canStreamScript = `#!/bin/sh
[ -e /usr/local/lib/heps/stream.mjs ] && command -v node > /dev/null && ffmpeg -hide_banner -encoders 2> /dev/null | grep -q ' libx264 '
`;

/** `stream PORT BEHIND`: the streamer, in front of the X server. */
export const streamScript = `#!/bin/sh
/usr/local/lib/heps/can-stream || exit 0
exec node /usr/local/lib/heps/stream.mjs --listen "0.0.0.0:$1" --server "127.0.0.1:$2" --display :1
`;

/**
 * `vnc PORT BEHIND OPTION ...`: the X server, on the second port where a streamer stands in front of it, that is the streaming server as well. It would reset when its only client leaves (`-noreset`), and drop
 * anybody who connects at that moment.
 */
export const vncScript = String.raw`#!/bin/sh
set -eu
server=$(command -v Xtigervnc || command -v Xvnc)
port=$1 behind=$2
shift 2
# With the streamer in front, and without it when the image lacks what that needs.
if /usr/local/lib/heps/can-stream; then where="-localhost=1 -rfbport $behind"; else where="-localhost=0 -rfbport $port"; fi
umask 077
touch "$XAUTHORITY"
xauth -q add :1 . "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
exec "$server" :1 -auth "$XAUTHORITY" -nolisten tcp -noreset -SecurityTypes VncAuth -PasswordFile /etc/heps/vnc-password \
  -AlwaysShared -AcceptSetDesktopSize -geometry 1920x1080 -depth 24 -desktop desktop $where "$@"
`;

/** The person's session: the desktop that the image has, the links, the icons and the station's programs. */
export const sessionScript = String.raw`#!/bin/sh
cd || exit 1
tries=0
until [ -S /tmp/.X11-unix/X1 ]; do
  tries=$((tries + 1))
  [ "$tries" -le 100 ] || exit 1
  sleep 0.2
done

xsetroot -solid '#33566b'
# The account has no password: a locked screen would stay locked.
xset s off -dpms
mkdir -p "$HOME/.config/autostart"
for locker in light-locker xfce4-screensaver xscreensaver mate-screensaver; do
  printf '[Desktop Entry]\nType=Application\nName=%s\nHidden=true\n' "$locker" > "$HOME/.config/autostart/$locker.desktop"
done

# OpenGL on the card where there is one; without it Mesa draws on the processor.
if [ -e /dev/nvidiactl ] && command -v vglrun > /dev/null; then export HEPS_RENDER='vglrun -d egl'; fi

desktop=$(xdg-user-dir DESKTOP 2> /dev/null || :)
case $desktop in '' | "$HOME" | "$HOME/") desktop=$HOME/Desktop ;; esac
mkdir -p "$desktop"
tab=$(printf '\t')
while IFS=$tab read -r path name; do ln -sfn "$path" "$desktop/$name"; done < /etc/heps/links
for icon in /etc/heps/icons/*.desktop; do
  [ -e "$icon" ] || continue
  copy=$desktop/$(basename "$icon")
  cp "$icon" "$copy"
  chmod +x "$copy"
  # Xfce asks before it starts what nobody has called trusted.
  gio set -t string "$copy" metadata::xfce-exe-checksum "$(sha256sum "$copy" | cut -d' ' -f1)" 2> /dev/null || :
done
session=x-terminal-emulator
for candidate in openbox-session mate-session startxfce4; do
  if command -v "$candidate" > /dev/null; then session=$candidate; fi
done
# After the window manager, which takes long on a busy host.
{
  tries=0
  command -v xprop > /dev/null || { sleep 15; tries=600; }
  until xprop -root _NET_SUPPORTING_WM_CHECK 2> /dev/null | grep -q 'window id' || [ "$tries" -ge 600 ]; do
    tries=$((tries + 1))
    sleep 0.5
  done
  # Openbox alone shows no icons.
  if [ "$session" = openbox-session ] && command -v pcmanfm > /dev/null; then
    look=$HOME/.config/pcmanfm/default/desktop-items-0.conf
    mkdir -p "$(dirname "$look")"
    [ -e "$look" ] || printf '[*]\nwallpaper_mode=color\ndesktop_bg=#33566b\ndesktop_fg=#ffffff\ndesktop_shadow=#000000\n' > "$look"
    pcmanfm --desktop &
  fi
  for program in /etc/heps/start/*; do
    if [ -x "$program" ]; then /usr/local/lib/heps/run "$program" & fi
  done
  # Openbox leaves windows that came while it began until something else happens: any property of the root window.
  for _ in $(seq 60); do
    sleep 1
    xsetroot -name desktop
  done
} &
bus=
if [ -z "$DBUS_SESSION_BUS_ADDRESS" ] && command -v dbus-launch > /dev/null; then bus='dbus-launch --exit-with-session'; fi
exec $bus "$session"
`;

/** `run PROGRAM`: a program of the station, which draws on a card where there is one. */
export const runScript = `#!/bin/sh
exec $HEPS_RENDER "$@"
`;

/** `ready PORT PERSON`: says on the console whether the desktop answers. */
export const readyScript = `#!/bin/sh
listening=":$(printf '%04X' "$1") [0:]* 0A "
tries=0
until grep -q "$listening" /proc/net/tcp /proc/net/tcp6 && systemctl -q is-active "heps-session@$2"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then
    echo 'heps-desktop failed: no desktop answers' > /dev/console
    journalctl --no-pager -n 20 -u 'heps-*' > /dev/console
    exit 1
  fi
  sleep 0.2
done
mkdir -p /var/lib/heps
date -u +%FT%TZ > /var/lib/heps/ready
echo 'heps-desktop ready' > /dev/console
`;
