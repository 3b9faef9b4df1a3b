// A logger that also counts what the log is told of services and of the group: whoever notices an outage says it there, so
// it is counted in the same place. A line that the log holds back is counted all the same.

import type { LogFields, Logger } from '../../observe/logger.ts';
import type { Metrics } from '../../observe/metrics.ts';

export function meteredLogger(logger: Logger, metrics: Metrics): Logger {
  return {
    log(event, fields, subject) {
      logger.log(event, fields, subject);
      switch (event) {
        case 'service_trouble':
          metrics.count('taskfold_service_troubles_total', { service: serviceOf(fields) });
          break;
        case 'schema_trouble':
          metrics.count('taskfold_service_troubles_total', { service: 'registry' });
          break;
        case 'service_back':
          metrics.count('taskfold_service_recoveries_total', { service: serviceOf(fields) });
          break;
        case 'partition_assigned':
          metrics.count('taskfold_assignments_total', { change: 'assigned' });
          break;
        case 'partition_lost':
          metrics.count('taskfold_assignments_total', { change: 'lost' });
      }
    },
    over: (event, subject) => logger.over(event, subject),
  };
}

/** The logs name it for people: `Redis`, `kafka topics`, `registry schemas`. */
function serviceOf(fields: LogFields | undefined): 'kafka' | 'registry' | 'redis' {
  const [word] = String(fields?.service).toLowerCase().split(' ');
  return word === 'kafka' || word === 'redis' ? word : 'registry';
}
