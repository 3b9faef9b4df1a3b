// Before anything is drawn: the reader's own choice of dark or light, if one was made. A script of its own, because the
// Content-Security-Policy allows none within the page, and the module comes too late for the first frame.
try {
  const chosen = localStorage.getItem('taskfold.theme');
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is forbidden: the system's preference holds.
}
