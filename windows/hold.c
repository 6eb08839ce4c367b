/* Has a file open as another program would, until it is ended: hold.exe SHARING FILE. SHARING: 1 as
   Excel opens a workbook, 0 for itself alone. */
#include <stdio.h>
#include <windows.h>

int wmain(int count, wchar_t **given) {
  HANDLE file = CreateFileW(given[2], GENERIC_READ, given[1][0] == L'1' ? FILE_SHARE_READ : 0, NULL,
                            OPEN_EXISTING, 0, NULL);
  if (count != 3 || file == INVALID_HANDLE_VALUE) return 1;
  puts("held");
  fflush(stdout);
  Sleep(INFINITE);
  return 0;
}
