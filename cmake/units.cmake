# SPDX-License-Identifier: MIT
# recycler_units(<target>): with RECYCLER_UNITY, the sources of a part of the tree (recycler/slots, tests/unit/slots, with all
# folders in it) are compiled together, a unit at a time, because the headers of the standard library take longer to read than
# most of our sources take to compile.
function(recycler_units target)
  if(NOT RECYCLER_UNITY)
    return()
  endif()
  set(most 14) # a larger unit would take the memory of two, and leave another core without work
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  get_target_property(home ${target} SOURCE_DIR)
  foreach(source IN LISTS sources)
    get_source_file_property(unit ${source} TARGET_DIRECTORY ${target} UNITY_GROUP)
    if(NOT unit AND source MATCHES "\\.cpp$")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${home} OUTPUT_VARIABLE folder)
      cmake_path(GET folder PARENT_PATH folder)
      string(REPLACE ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} folder ${folder}) # what is generated belongs where it would stand
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
      string(REGEX REPLACE "^(recycler/[^/]+|tests/[^/]+/[^/]+)/.*" "\\1" folder ${folder})
      string(MAKE_C_IDENTIFIER ${folder} folder)
      list(APPEND folders ${folder})
      list(APPEND sources_of_${folder} ${source})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder IN LISTS folders)
    list(LENGTH sources_of_${folder} count)
    math(EXPR units "(${count} + ${most} - 1) / ${most}")
    set(place 0)
    foreach(source IN LISTS sources_of_${folder})
      math(EXPR number "${place} * ${units} / ${count} + 1")
      set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${folder}_${number})
      math(EXPR place "${place} + 1")
    endforeach()
  endforeach()
endfunction()

# recycler_unit(<target> <name> sources...): a unit of its own for those who read the headers of a heavy library, which are then
# read once.
function(recycler_unit target name)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${name})
endfunction()
