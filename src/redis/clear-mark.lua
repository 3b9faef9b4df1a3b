-- Begins the clearing of a slot: from here on nobody can save or claim it, until the head itself is deleted.
-- KEYS  1 head
-- ARGV  1 mark of this clearing
-- Output 1
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'saving', ARGV[1])
-- What is left of the slot no longer belongs to any W.
redis.call('HDEL', KEYS[1], 'watermark')
return 1
