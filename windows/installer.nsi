; The installer for a clerk without rights of administration; `windows/installing.py` runs makensis.
; Defines: NAME, PROGRAM (the .exe), VERSION, FOLDER (what is installed), OUT, ICON, REMOVED.
; The texts are Chinese on purpose: clerks read them.
!include LogicLib.nsh
Target amd64-unicode ; 64 bits, as the program itself
Name "${NAME}"
OutFile "${OUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "Software\${NAME}" "folder"
SetCompressor /SOLID lzma
Icon "${ICON}"
UninstallIcon "${ICON}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=2052 "ProductName" "${NAME}"
VIAddVersionKey /LANG=2052 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=2052 "FileDescription" "${NAME}"
VIAddVersionKey /LANG=2052 "LegalCopyright" "Apache License 2.0"
LoadLanguageFile "${NSISDIR}\Contrib\Language files\SimpChinese.nlf"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define CLASSES "Software\Classes\SystemFileAssociations"
!define VERB "GonghuiTianbao"
!define STATE "$LOCALAPPDATA\converter"
!define STILL_OPEN 3 ; exit code

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

; Windows lets nobody write to a program that runs: neither half of an old one and half of a new one,
; nor what is left of a removed one, would be of use.
!macro WaitUntilClosed Folder
  ${Do}
    ${IfNot} ${FileExists} "${Folder}\${PROGRAM}"
      ${ExitDo}
    ${EndIf}
    ClearErrors
    FileOpen $0 "${Folder}\${PROGRAM}" a
    ${IfNot} ${Errors}
      FileClose $0
      ${ExitDo}
    ${EndIf}
    ${If} ${Silent}
      SetErrorLevel ${STILL_OPEN}
      Quit
    ${EndIf}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "填报程序还开着。请关掉它的网页和黑色的小窗口，再点“重试”。" IDRETRY +2
    Abort "没有做：填报程序还开着。原来的程序没有动。"
  ${Loop}
!macroend

Section
  SetShellVarContext current
  ReadRegStr $1 HKCU "Software\${NAME}" "folder"
  ${If} $1 != ""
    !insertmacro WaitUntilClosed $1
    ; An older version goes first, by its own list, from wherever it was.
    ExecWait '"$1\卸载.exe" /S _?=$1'
    Delete "$1\卸载.exe"
    RMDir "$1"
  ${EndIf}
  ; Another program of this kind has its libraries there: they are not to be mixed, nor removed later.
  ${If} ${FileExists} "$INSTDIR\_internal\*.*"
    StrCpy $INSTDIR "$INSTDIR\${NAME}"
  ${EndIf}
  SetOutPath "$INSTDIR"
  File /r "${FOLDER}/*"
  WriteUninstaller "$INSTDIR\卸载.exe"
  CreateDirectory "$SMPROGRAMS\${NAME}"
  CreateShortcut "$SMPROGRAMS\${NAME}\${NAME}.lnk" "$INSTDIR\${PROGRAM}"
  CreateShortcut "$SMPROGRAMS\${NAME}\填报手册.lnk" "$INSTDIR\填报手册.html"
  CreateShortcut "$SMPROGRAMS\${NAME}\卸载.lnk" "$INSTDIR\卸载.exe"
  ; An entry in the menu of the right button; what opens a file by default stays as it is.
  !macro Verb Extension
    WriteRegStr HKCU "${CLASSES}\${Extension}\shell\${VERB}" "" "用${NAME}检查"
    WriteRegStr HKCU "${CLASSES}\${Extension}\shell\${VERB}" "Icon" "$INSTDIR\${PROGRAM}"
    WriteRegStr HKCU "${CLASSES}\${Extension}\shell\${VERB}\command" "" '"$INSTDIR\${PROGRAM}" "%1"'
  !macroend
  !insertmacro Verb ".xlsx"
  !insertmacro Verb ".zip"
  WriteRegStr HKCU "Software\${NAME}" "folder" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\卸载.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  SetShellVarContext current
  !insertmacro WaitUntilClosed $INSTDIR
  ; Only what was installed, by name: a clerk may have chosen a folder of her own.
  RMDir /r "$INSTDIR\_internal"
!include "${REMOVED}"
  Delete "$INSTDIR\卸载.exe"
  RMDir "$INSTDIR"
  RMDir /r "$SMPROGRAMS\${NAME}"
  DeleteRegKey HKCU "${CLASSES}\.xlsx\shell\${VERB}"
  DeleteRegKey HKCU "${CLASSES}\.zip\shell\${VERB}"
  DeleteRegKey HKCU "Software\${NAME}"
  DeleteRegKey HKCU "${UNINSTALL}"
  ; What running left behind. Corrections that are in no form yet, and forms that her union sent, are
  ; hers: they stay.
  Delete "${STATE}\desk-*.json"
  Delete "${STATE}\desk-*.lock"
  FindFirst $2 $3 "${STATE}\desk-*"
  ${DoWhile} $3 != ""
    RMDir /r "${STATE}\$3\open"
    RMDir "${STATE}\$3\corrections"
    RMDir "${STATE}\$3"
    FindNext $2 $3
  ${Loop}
  FindClose $2
  RMDir "${STATE}"
SectionEnd
