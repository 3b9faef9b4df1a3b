-- Writes the first head and fleet of a slot, if it has none.
-- KEYS  1 head   2 fleet   3 outbox   4 looks, then the other sorted sets of the slot
-- ARGV  1 how many of the following belong to the head; then the head's fields flat, then the fleet's
-- Output 'BEGUN' | 'PRESENT' (there is a head) | 'LEFTOVERS' (no head, but other keys of an earlier life)
if redis.call('EXISTS', KEYS[1]) == 1 then return 'PRESENT' end
if redis.call('EXISTS', unpack(KEYS, 2)) > 0 then return 'LEFTOVERS' end
local head = tonumber(ARGV[1])
redis.call('HSET', KEYS[2], unpack(ARGV, 2 + head))
redis.call('HSET', KEYS[1], unpack(ARGV, 2, 1 + head))
return 'BEGUN'
