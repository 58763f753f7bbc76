/**
 * The built-in user data for Windows: a PowerShell script that cloudbase-init runs as SYSTEM (`#ps1_sysnative`).
 *
 * A script, since cloudbase-init's own subset of cloud-config makes users and files but no services, drives or shortcuts. The image brings
 * cloudbase-init and TightVNC (as a service), and Services for NFS where a station mounts NFS; Lustre has no client for Windows.
 */

import { InputError } from '../../../core/input-error.ts';
import { appCommand } from './app-command.ts';
import { machineGroups } from './machine-groups.ts';
import { oneLine } from './one-line.ts';
import type { ProvisioningOrder } from './order.ts';
import { powershellQuote as quote } from './quote.ts';
import { mountsFor, pathBelow } from './storage.ts';
import { obfuscatedVncPassword } from './vnc-password.ts';

/** Accounts that Windows or cloudbase-init make, the latter an administrator; group names are prefixed instead. */
const reserved = [
  'administrator',
  'admin',
  'guest',
  'defaultaccount',
  'system',
  'wdagutilityaccount',
  'cloudbase-init',
];

export function windowsUserData(order: ProvisioningOrder): string {
  const { person, desktop, image } = order;
  if (person.name.length > 20 || reserved.includes(person.name)) {
    throw new InputError('person.name', 'at most 20 characters and none of the names that Windows has', person.name);
  }
  const groups = machineGroups(person).map(({ name }) => quote(name.startsWith('heps-') ? name : `heps-${name}`));
  const shortcuts = [...linkShortcuts(order), ...softwareShortcuts(order)];
  const password = [...obfuscatedVncPassword(desktop.vncPassword)].join(',');
  return [
    '#ps1_sysnative',
    "$ErrorActionPreference = 'Stop'",
    `$person = ${quote(person.name)}`,
    `$fullName = ${quote(oneLine(person.displayName).slice(0, 100))}`,
    `$groups = @(${groups.join(', ')})`,
    `$uid = ${person.uid}`,
    `$gid = ${person.gid}`,
    `$vncPort = ${desktop.vncPort}`,
    `$vncPassword = [byte[]](${password})`,
    `$sshPort = ${desktop.ssh.port}`,
    `$sshAuthority = ${quote(desktop.ssh.authority)}`,
    `$sshHostKey = ${quote(Buffer.from(desktop.ssh.hostKeys.privateKey).toString('base64'))}`,
    `$appPorts = @(${image.apps.map(({ port }) => port).join(', ')})`,
    `$session = ${quote(sessionScript(order))}`,
    `$shortcuts = @(${shortcuts.join(', ')})`,
    fixedPart,
  ].join('\r\n');
}

/** Letters for mounts in their order, from H: on; what has no client here has none. */
function drives({ person, station }: ProvisioningOrder) {
  return mountsFor(person, station)
    .filter(({ type }) => type !== 'lustre')
    .map((mount, index) => ({ ...mount, letter: String.fromCharCode('H'.charCodeAt(0) + index) }));
}

/** Runs at each logon as the person: drives belong to a logon. */
function sessionScript(order: ProvisioningOrder): string {
  const { image, desktop } = order;
  const commands = [
    ...drives(order).map(
      ({ letter, source }) =>
        `New-PSDrive -Name ${letter} -PSProvider FileSystem -Persist -Scope Global -Root ${quote(uncPath(source))}`,
    ),
    ...image.apps.map((app) => start(appCommand(app, desktop.appBase[app.id]!))),
    ...image.software.filter(({ starts }) => starts).map(({ command }) => start(command)),
  ];
  return commands.join('\r\n');
}

function start(command: string): string {
  return `Start-Process -FilePath $env:ComSpec -WindowStyle Hidden -ArgumentList ${quote(`/c ${command}`)}`;
}

/** `server:/data/b7` and `//server/data` as `\\server\data`. */
function uncPath(source: string): string {
  const path = source.startsWith('//') ? source.slice(2) : source.replace(/:\/*/, '/');
  return `\\\\${path.replaceAll('/', '\\')}`;
}

function linkShortcuts(order: ProvisioningOrder): string[] {
  return drives(order)
    .filter(({ link }) => link !== null)
    .map(({ letter, link }) => {
      const below = pathBelow(link!, order.person, order.station).replaceAll('/', '\\');
      return shortcut(
        below.split('\\').filter(Boolean).at(-1) ?? letter,
        'explorer.exe',
        `${letter}:\\${below.replace(/^\\+/, '')}`,
      );
    });
}

function softwareShortcuts({ image }: ProvisioningOrder): string[] {
  return image.software
    .filter(({ starts }) => !starts)
    .map(({ title, command }) => shortcut(title, 'cmd.exe', `/c ${command}`));
}

function shortcut(title: string, program: string, argument: string): string {
  const fileName = title.replace(/[\\/:*?"<>|]/g, '_');
  return `@{ Name = ${quote(fileName)}; Program = ${quote(program)}; Arguments = ${quote(argument)} }`;
}

const fixedPart = String.raw`
# The account: nobody knows its password, the machine logs it in.
$bytes = New-Object byte[] 24
[Security.Cryptography.RandomNumberGenerator]::Create().GetBytes($bytes)
$password = 'Hd1!' + [Convert]::ToBase64String($bytes)
$secure = ConvertTo-SecureString $password -AsPlainText -Force
if (Get-LocalUser -Name $person -ErrorAction SilentlyContinue) {
  Set-LocalUser -Name $person -Password $secure -FullName $fullName -PasswordNeverExpires $true
} else {
  New-LocalUser -Name $person -Password $secure -FullName $fullName -PasswordNeverExpires -UserMayNotChangePassword | Out-Null
}
$users = Get-LocalGroup -SID 'S-1-5-32-545'
if (-not (Get-LocalGroupMember -Group $users | Where-Object { $_.Name -like "*\$person" })) { Add-LocalGroupMember -Group $users -Member $person }
foreach ($group in $groups) {
  if (-not (Get-LocalGroup -Name $group -ErrorAction SilentlyContinue)) { New-LocalGroup -Name $group | Out-Null }
  Add-LocalGroupMember -Group $group -Member $person -ErrorAction SilentlyContinue
}
$logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
Set-ItemProperty $logon -Name AutoAdminLogon -Value '1'
Set-ItemProperty $logon -Name ForceAutoLogon -Value '1'
Set-ItemProperty $logon -Name DefaultDomainName -Value $env:COMPUTERNAME
Set-ItemProperty $logon -Name DefaultUserName -Value $person
Set-ItemProperty $logon -Name DefaultPassword -Value $password

# Nobody knows the password, so the screen must not lock.
Set-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' -Name InactivityTimeoutSecs -Value 0 -Type DWord
powercfg.exe /change monitor-timeout-ac 0

# NFS knows the person by the directory's numbers.
$nfs = 'HKLM:\SOFTWARE\Microsoft\ClientForNFS\CurrentVersion\Default'
if (Test-Path $nfs) {
  Set-ItemProperty $nfs -Name AnonymousUid -Value $uid -Type DWord
  Set-ItemProperty $nfs -Name AnonymousGid -Value $gid -Type DWord
}

# What runs at each logon, and what is on the desktop.
$folder = Join-Path $env:ProgramData 'heps'
New-Item -ItemType Directory -Force -Path $folder | Out-Null
$script = Join-Path $folder 'session.ps1'
Set-Content -Path $script -Value $session -Encoding UTF8
$run = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
Set-ItemProperty $run -Name HepsDesktop -Value ('powershell.exe -NoProfile -ExecutionPolicy Bypass -WindowStyle Hidden -File "{0}"' -f $script)
$shell = New-Object -ComObject WScript.Shell
foreach ($item in $shortcuts) {
  $link = $shell.CreateShortcut((Join-Path $env:PUBLIC ('Desktop\' + $item.Name + '.lnk')))
  $link.TargetPath = $item.Program
  $link.Arguments = $item.Arguments
  $link.Save()
}

# The streaming server.
$server = 'HKLM:\SOFTWARE\TightVNC\Server'
if (-not (Test-Path $server)) { New-Item -Path $server -Force | Out-Null }
Set-ItemProperty $server -Name Password -Value $vncPassword -Type Binary
Set-ItemProperty $server -Name RfbPort -Value $vncPort -Type DWord
foreach ($on in 'AcceptRfbConnections', 'UseVncAuthentication', 'AlwaysShared') { Set-ItemProperty $server -Name $on -Value 1 -Type DWord }
foreach ($off in 'AcceptHttpConnections', 'LoopbackOnly', 'EnableFileTransfers', 'RemoveWallpaper', 'RunControlInterface') {
  Set-ItemProperty $server -Name $off -Value 0 -Type DWord
}
foreach ($port in @($vncPort) + $appPorts) {
  New-NetFirewallRule -DisplayName "HEPS desktop $port" -Direction Inbound -Action Allow -Protocol TCP -LocalPort $port | Out-Null
}
Set-Service -Name tvnserver -StartupType Automatic

# Files: the SSH server, where the image has one, takes certificates of the desktops' authority, and has the key that the gateway expects.
if (Get-Service -Name sshd -ErrorAction SilentlyContinue) {
  $ssh = Join-Path $env:ProgramData 'ssh'
  New-Item -ItemType Directory -Force -Path $ssh | Out-Null
  Set-Content -Path (Join-Path $ssh 'heps_authority.pub') -Value $sshAuthority -Encoding Ascii
  $hostKey = Join-Path $ssh 'ssh_host_ed25519_key'
  [IO.File]::WriteAllBytes($hostKey, [Convert]::FromBase64String($sshHostKey))
  Remove-Item -Path "$hostKey.pub" -ErrorAction SilentlyContinue
  icacls.exe $hostKey /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null
  $config = Join-Path $ssh 'sshd_config'
  $trust = 'TrustedUserCAKeys __PROGRAMDATA__/ssh/heps_authority.pub'
  $lines = @(if (Test-Path $config) { Get-Content -Path $config })
  if ($lines -notcontains $trust) { Set-Content -Path $config -Value (@($trust) + $lines) -Encoding Ascii }
  New-NetFirewallRule -DisplayName "HEPS desktop $sshPort" -Direction Inbound -Action Allow -Protocol TCP -LocalPort $sshPort | Out-Null
  Set-Service -Name sshd -StartupType Automatic
}
Write-Output 'heps-desktop ready'
# Restart once, into the person's session; cloudbase-init does not run this again.
exit 1001
`.replaceAll('\n', '\r\n');
