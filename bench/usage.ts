/** Loaded with --import into a process that is measured: at its end, its CPU time and the most memory it had, on standard error. */
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.error(JSON.stringify({ cpuUs: userCPUTime + systemCPUTime, rssMb: maxRSS / 1024 }));
});
