# Builds the stand-alone program on Windows, in one step:
#   powershell -ExecutionPolicy Bypass -File program\windows.ps1
# Without network: put the wheels of `make windows-wheels` into dist\windows first.
# Leaves dist\program\converter\ (the program) and a zip of it to hand out.
$ErrorActionPreference = "Stop"
Set-Location (Split-Path $PSScriptRoot -Parent)

function Run { & $args[0] $args[1..($args.Length)]; if ($LASTEXITCODE) { throw "$args" } }

$Wheels = if (Test-Path dist\windows) { @("--no-index", "--find-links", "dist\windows") } else { @() }
$Python = "build\program-env\Scripts\python.exe"
if (-not (Test-Path $Python)) { Run py -3 -m venv build\program-env }
Run $Python -m pip install --quiet --require-hashes @Wheels -r requirements-dist.lock
Run $Python -m program.build
$env:Path = "$env:SystemRoot\System32"
$Program = "dist\program\converter\converter.exe"
foreach ($Command in "--version", "fields", "explain") { Run $Program $Command | Out-Null }
Write-Host "OK  $Program"
