; The installer for a clerk without rights of administration; `windows/dist.py` runs makensis.
; Defines: NAME, PROGRAM (the .exe), VERSION, FOLDER (what is installed), OUT, ICON.
; The texts are Chinese on purpose: clerks read them.
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

Page directory
Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Section
  SetShellVarContext current
  ; An older version goes first, file by file: nothing of the clerk's lies in these folders.
  RMDir /r "$INSTDIR\_internal"
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
SectionEnd
