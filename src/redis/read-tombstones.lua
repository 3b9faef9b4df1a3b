-- Looks for tombstones together with the W that they are read at.
-- KEYS  1 head, then for each id its hash of the present generation, and of the one before
-- ARGV  for each id its field
-- Output {W or false, {for each id 0 present generation, 1 the one before, -1 none}}
local ages = {}
for i = 1, #ARGV do
  ages[i] = -1
  for age = 1, 0, -1 do
    if redis.call('HEXISTS', KEYS[2 * i + age], ARGV[i]) == 1 then ages[i] = age end
  end
end
return {redis.call('HGET', KEYS[1], 'watermark'), ages}
