;; Interleaved RGB to one plane of values for each colour.
(module
  (memory (export "memory") 1)

  ;; $tables holds the values of the 256 samples of red, then those of green and of blue (f32). A plane takes $planeBytes; values of red go
  ;; to $target, those of green a plane further, those of blue two.
  (func (export "planes")
    (param $source i32) (param $sourceEnd i32) (param $tables i32) (param $target i32) (param $planeBytes i32)
    (local $greenTarget i32) (local $blueTarget i32)
    (local.set $greenTarget (i32.add (local.get $target) (local.get $planeBytes)))
    (local.set $blueTarget (i32.add (local.get $greenTarget) (local.get $planeBytes)))
    (loop $pixel
      (f32.store
        (local.get $target)
        (f32.load (i32.add (local.get $tables) (i32.shl (i32.load8_u (local.get $source)) (i32.const 2)))))
      (f32.store
        (local.get $greenTarget)
        (f32.load offset=1024 (i32.add (local.get $tables) (i32.shl (i32.load8_u offset=1 (local.get $source)) (i32.const 2)))))
      (f32.store
        (local.get $blueTarget)
        (f32.load offset=2048 (i32.add (local.get $tables) (i32.shl (i32.load8_u offset=2 (local.get $source)) (i32.const 2)))))
      (local.set $source (i32.add (local.get $source) (i32.const 3)))
      (local.set $target (i32.add (local.get $target) (i32.const 4)))
      (local.set $greenTarget (i32.add (local.get $greenTarget) (i32.const 4)))
      (local.set $blueTarget (i32.add (local.get $blueTarget) (i32.const 4)))
      (br_if $pixel (i32.lt_u (local.get $source) (local.get $sourceEnd))))))
