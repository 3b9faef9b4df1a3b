-- Reads all that a claim of a slot needs, in one step, and tells dashboards who claimed.
-- KEYS  1 head   2 fleet   3 live
-- ARGV  1 owner
-- Output {fields of head, fields of fleet}, each flat: name, value, …
local head = redis.call('HGETALL', KEYS[1])
local fleet = redis.call('HGETALL', KEYS[2])
redis.call('HSET', KEYS[3], 'owner', ARGV[1])
return {head, fleet}
