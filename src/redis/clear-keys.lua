-- Deletes some keys of a slot that is being cleared. A clearing that was overtaken by another one must not go on:
-- the slot may have begun anew, and its new tasks would be deleted behind a valid head.
-- KEYS  1 head, then the keys to delete (at most 1,000; the head again as the last step)
-- ARGV  1 mark of this clearing
-- Output 1 done, 0 overtaken
if redis.call('HGET', KEYS[1], 'saving') ~= ARGV[1] then return 0 end
redis.call('UNLINK', unpack(KEYS, 2))
return 1
