-- Reads stretches of sorted sets by score, all at one moment: a command for each would cost whoever asks far more.
-- KEYS  the set of each stretch
-- ARGV  for each: its lowest score, its highest, both included, at most how many, and REV from the highest down or '' from the lowest up
-- Output {members and scores of each, flat} as one msgpack array
local found = {}
for i = 1, #KEYS do
  local low, high, count, order = ARGV[4 * i - 3], ARGV[4 * i - 2], ARGV[4 * i - 1], ARGV[4 * i]
  if order == 'REV' then
    found[i] = redis.call('ZRANGE', KEYS[i], high, low, 'BYSCORE', 'REV', 'LIMIT', 0, count, 'WITHSCORES')
  else
    found[i] = redis.call('ZRANGE', KEYS[i], low, high, 'BYSCORE', 'LIMIT', 0, count, 'WITHSCORES')
  end
end
return cmsgpack.pack(found)
