-- Reads what a dashboard shows of a slot, in one step.
-- KEYS  1 head   2 fleet   3 live   4 outbox
-- Output {fields of head, fields of fleet, fields of live, length of the outbox}
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('HGETALL', KEYS[2]),
  redis.call('HGETALL', KEYS[3]),
  redis.call('XLEN', KEYS[4]),
}
