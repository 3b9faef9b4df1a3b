-- Saves one batch into a slot, all or nothing as far as Lua can: if a write fails in the middle, the mark `saving` stays
-- and nobody saves or claims again.
-- KEYS  1 head, then every key that is written, one that never exists, and last the slot's hold. The one: while a Cluster moves the slot to another
--       master, Redis refuses a script that names missing keys beside present ones before it begins (TRYAGAIN). Without
--       that, a key that is deleted here and written anew would be "not here" in between, and the save torn.
-- ARGV  1 W as expected   2 W afterwards   3 the slot's incarnation   5 log time of the last folded record as expected, or ''
--       4 the writes, msgpack: one flat array of strings: command, number of the key in KEYS, count, then count values
-- Output {'SAVED'} | {'REFUSED', W or nothing} | {'TORN', mark} | {'HELD'}
local found = redis.call('HMGET', KEYS[1], 'watermark', 'saving', 'incarnation', 'clock.log_time')
if found[2] then return {'TORN', found[2]} end
if found[1] ~= ARGV[1] or found[3] ~= ARGV[3] or (found[4] or '') ~= ARGV[5] then return {'REFUSED', found[1]} end
if redis.call('EXISTS', KEYS[#KEYS]) == 1 then return {'HELD'} end

local values = cmsgpack.unpack(ARGV[4])
redis.call('HSET', KEYS[1], 'saving', ARGV[2])
local at, last = 1, #values
while at <= last do
  local upto = at + 2 + tonumber(values[at + 2])
  redis.call(values[at], KEYS[tonumber(values[at + 1])], unpack(values, at + 3, upto))
  at = upto + 1
end
redis.call('HSET', KEYS[1], 'watermark', ARGV[2])
redis.call('HDEL', KEYS[1], 'saving')
return {'SAVED'}
