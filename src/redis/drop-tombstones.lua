-- Drops hashes of a generation of tombstones, if the slot has gone on by two generations or more: a slot that begins anew
-- passes the same generations again.
-- KEYS  1 head, then the hashes (at most 1,000)
-- ARGV  1 the slot's incarnation   2 the generation
-- Output 1 done, 0 not yet, or another life of the slot
local fields = {'incarnation', 'clock.now', 'settings.tombstones_kept_s', 'generation.number', 'generation.since'}
local head = redis.call('HMGET', KEYS[1], unpack(fields))
if head[1] ~= ARGV[1] then return 0 end
local present = tonumber(head[4]) + math.floor((tonumber(head[2]) - tonumber(head[5])) / (tonumber(head[3]) * 1000))
if present < tonumber(ARGV[2]) + 2 then return 0 end
redis.call('UNLINK', unpack(KEYS, 2))
return 1
