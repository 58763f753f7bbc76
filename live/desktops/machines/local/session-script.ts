/**
 * A desktop on this computer, as a fixed shell script that leads a process group of its own: an X server that is the streaming server as well,
 * a window manager, the programs of the station, and the SSH server by which files are moved. All of a person or station reaches it by arguments and files.
 *
 *     sh -c SCRIPT heps-desktop DISPLAY ADDRESS PORT STREAMER NODE      in the machine's folder
 *
 * With a STREAMER, who comes to PORT comes to it, and the X server listens a thousand ports above.
 *
 * Openbox starts the programs, since it leaves a window that comes while it begins until something else happens; leaving it ends the desktop.
 * An X server would reset when its only client leaves, as `xsetroot` does, and drop anybody who connects at that moment (`-noreset`).
 *
 * The gateway limits the clipboard by the station's policy; the server's own limit, in bytes, only has to be beyond it.
 *
 * `leader` tells who it is: process id, and when it began in clock ticks since the computer did, since ids are used again.
 */
export const sessionScript = `
display=$1 address=$2 port=$3 streamer=$4 node=$5
# Its account may not reach a Node of somebody's home.
if [ -n "$streamer" ] && ! "$node" --version > /dev/null 2>&1; then streamer=; fi
umask 077
echo "$$ $(cut -d' ' -f22 "/proc/$$/stat")" > leader
rm -f xauthority
export DISPLAY=":$display" XAUTHORITY="$PWD/xauthority"
xauth -q add "$DISPLAY" . "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')"
vnc_port=$port
if [ -n "$streamer" ]; then vnc_port=$((port + 1000)); fi
Xtigervnc "$DISPLAY" -auth "$XAUTHORITY" -nolisten tcp -noreset -interface "$address" -rfbport "$vnc_port" -SecurityTypes VncAuth \\
  -PasswordFile vnc-password -AlwaysShared -AcceptSetDesktopSize -MaxCutText 16777216 -geometry 1280x800 -depth 24 -desktop desktop &
server=$!
until [ -S "/tmp/.X11-unix/X$display" ]; do
  kill -0 "$server" || exit 1
  sleep 0.05
done
if [ -n "$streamer" ]; then
  while kill -0 "$server"; do
    "$node" "$streamer" --listen "$address:$port" --server "$address:$vnc_port" --display "$DISPLAY"
    sleep 0.2
  done &
fi
if [ -e ssh/sshd_config ]; then /usr/sbin/sshd -D -e -f "$PWD/ssh/sshd_config" & fi
export PROGRAMS="$PWD/programs"
cd "$HOME" || exit 1
xsetroot -solid '#33566b'
{
  openbox --startup "sh -c 'for program in \\"\\$PROGRAMS\\"/*; do sh \\"\\$program\\" & done'"
  kill "$server"
} &
wait "$server"
kill 0
`;
