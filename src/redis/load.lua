-- Writes a part of a snapshot into a slot that is being loaded, if this loading was not overtaken by another one or by a
-- clearing. With a last argument the loading is over: the mark goes, and the slot can be claimed.
-- KEYS  1 head, then every key that is written
-- ARGV  1 mark of this loading   2 the writes, as save.lua takes them   3 'END' with the last part
-- Output 1 done, 0 overtaken
if redis.call('HGET', KEYS[1], 'saving') ~= ARGV[1] then return 0 end
local values = cmsgpack.unpack(ARGV[2])
local at, last = 1, #values
while at <= last do
  local upto = at + 2 + tonumber(values[at + 2])
  redis.call(values[at], KEYS[tonumber(values[at + 1])], unpack(values, at + 3, upto))
  at = upto + 1
end
if ARGV[3] == 'END' then redis.call('HDEL', KEYS[1], 'saving') end
return 1
